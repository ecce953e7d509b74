"""Plain implementations, written from the formulas, that the fast ones must agree with."""
