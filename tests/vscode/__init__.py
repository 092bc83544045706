"""The packaged extension in a real VS Code: code-server, in Chromium."""
