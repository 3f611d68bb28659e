"""Who may do what in PostgreSQL: the roles of a cluster and their rights on tables that are yet to be made."""
