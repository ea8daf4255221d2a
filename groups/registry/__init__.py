"""Tables of groups, accounts and roles that a platform brings along, or takes away."""
