"""Runs inside a helper process: imports nothing but the interpreter's own modules and the JavaScript engine.

A helper is started without site-packages, so this package is loaded under the bare name `helper`; its modules
therefore import each other relatively and never anything else of ours.
"""
