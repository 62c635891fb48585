-- Whether an entity's first passage through a stage is before the stage that should come first, and whether it is late.
SELECT coalesce(max((delay < 0)::INTEGER), 0), coalesce(max((delay > most)::INTEGER), 0)
FROM ({delays})
WHERE key = {entity}
