"""The psychometric curve: chance, family, spread within a length, posterior."""
