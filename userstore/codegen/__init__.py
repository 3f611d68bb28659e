"""Code that is generated from an environment's definitions: a program is checked against them as it is written."""
