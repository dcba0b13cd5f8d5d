"""The files of the tables, in rooms: `tables`, `transaction`, `decisions`, `catalogs` and `maintain`."""
