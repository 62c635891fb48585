-- The rows of the entity itself.
SELECT * EXCLUDE (ids, held, texts, inside) FROM rca_direct WHERE inside AND {is_shown}
