"""Makes the files of the tree that are generated: tables, examples, schemas, dashboards."""
