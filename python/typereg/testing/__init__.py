"""A kit to test registries with: generators, a reference to compare with, faults, engines (D)."""
