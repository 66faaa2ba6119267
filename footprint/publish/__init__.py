"""What is published: the parameter pages, drawings of lineage, documents of uncertainty."""
