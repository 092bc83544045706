"""What an editor asks of a spec: features as functions of plain values, and the language server as a thin shell."""
