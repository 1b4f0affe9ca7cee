"""What a caller gets back: reports, findings, certificates and progress, as data and as text."""
