-- What the latest run changed, compared with the run before it; see `changes_between` for two others. After a first run all
-- is new. Runs that read nothing do not count.
from changes_between(
    (select run_id from runs where inputs > 0 order by finished desc, run_id desc limit 1 offset 1),
    (select run_id from runs where inputs > 0 order by finished desc, run_id desc limit 1)
)
