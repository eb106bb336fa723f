"""Why a lens helps: what it does inside a model, beside what it does for its sight."""
