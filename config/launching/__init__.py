"""`sealbook launch`: starts a program that it has measured, and vouches for exactly that program."""
