"""What is published: parameter pages, drawings of lineage, documents of uncertainty, schemas."""
