-- Every current contract that states anything, with its parties, its dates and its law. `doubtful` lists the fields of
-- which there are hints alone.
select uri, kind,
       list(normalised order by ordinal) filter (where name = 'party') as parties,
       list(role order by ordinal) filter (where name = 'party') as roles,
       try_cast(arg_min(normalised, ordinal) filter (where name = 'effective_date') as date) as effective_date,
       try_cast(arg_min(normalised, ordinal) filter (where name = 'expiration_date') as date) as expiration_date,
       arg_min(normalised, ordinal) filter (where name = 'governing_law') as governing_law,
       list_sort(list(distinct name) filter (where abstained)) as doubtful,
       document_date, document_date_source, doc_id, run_id
from facts_chosen
where domain = 'legal' and name in ('party', 'effective_date', 'expiration_date', 'governing_law')
group by uri, kind, document_date, document_date_source, doc_id, run_id
