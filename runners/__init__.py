"""Who answers: the bundled model, vLLM, OpenAI, Gemini, any lm-eval backend."""
