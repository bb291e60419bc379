"""Windows that ask or tell: export, missing models, recovery, about."""
