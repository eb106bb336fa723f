"""What providers say, by its meaning: one table for finish reasons, one for errors.

================  =============================================================================
module            turns
================  =============================================================================
``body``          an HTTP body into the JSON values in it, however they are wrapped
``fields``        a field of a provider's JSON, whatever its type, into ours
``finish``        a finish reason into ``stop``, ``length``, ``content_filter`` or its own word
``complaint``     an error body of any shape into words and codes
``table``         statuses, codes and words into what they mean
``account``       (its rows about the account, its key and what the key may use)
``row``           (what a row is, and what it may mean)
``verdict``       a complaint into what it means for this request, this prompt, this model
``settings``      a complaint about a setting into the setting, or its value
``waits``         headers and bodies into seconds to wait
``said``          an answer in the provider's words into a reply
``connection``    a connection that failed into what it means
================  =============================================================================
"""
