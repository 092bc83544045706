"""What `archc zoo` writes: every family compiled, counted, drawn and proved, and an index page of it all."""
