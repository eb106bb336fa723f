"""The gate: does this deployment see as far as that one?"""
