"""What is asked: sequences, prompts, answers, and their form as lm-eval tasks."""
