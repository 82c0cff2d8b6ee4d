"""Pages of the act road. What they change, they change through the services, which ask for the right once more."""
