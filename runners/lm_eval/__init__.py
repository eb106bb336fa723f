"""Any stock backend of lm-evaluation-harness."""
