"""What is told about a spec: sources and spans, diagnostics, the catalogue of problems, and how they are shown."""
