"""The store of a chain: any number of replicas on MongoDB, or on a server that speaks its protocol."""
