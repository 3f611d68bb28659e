"""The ways by which lines of the book leave: a file, a syslog server, a webhook."""
