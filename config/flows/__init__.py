"""The command line of dataflows: files of a folder, run on servers of this machine or named ones."""
