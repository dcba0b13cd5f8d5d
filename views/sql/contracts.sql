-- Every current contract that states anything, with its parties, its dates, how long it runs, the notices that end it,
-- its law, its forum and its cap on liability. `doubtful` lists the fields of which there are hints alone.
select uri, kind,
       list(normalised order by ordinal) filter (where name = 'party') as parties,
       list(role order by ordinal) filter (where name = 'party') as roles,
       try_cast(arg_min(normalised, ordinal) filter (where name = 'effective_date') as date) as effective_date,
       try_cast(arg_min(normalised, ordinal) filter (where name = 'expiration_date') as date) as expiration_date,
       arg_min(normalised, ordinal) filter (where name = 'term') as term,
       arg_min(normalised, ordinal) filter (where name = 'renewal') as renewal,
       arg_min(normalised, ordinal) filter (where name = 'renewal_notice') as renewal_notice,
       arg_min(normalised, ordinal) filter (where name = 'notice_period') as notice_period,
       arg_min(normalised, ordinal) filter (where name = 'governing_law') as governing_law,
       list(normalised order by ordinal) filter (where name = 'forum') as forums,
       try_cast(arg_min(normalised, ordinal) filter (where name = 'liability_cap') as decimal(38, 3)) as liability_cap,
       arg_min(currency, ordinal) filter (where name = 'liability_cap') as liability_cap_currency,
       list_sort(list(distinct name) filter (where abstained)) as doubtful,
       document_date, document_date_source, doc_id, run_id
from facts_chosen
where domain = 'legal' and name in (
    'party', 'effective_date', 'expiration_date', 'term', 'renewal', 'renewal_notice', 'notice_period', 'governing_law',
    'forum', 'liability_cap'
)
group by uri, kind, document_date, document_date_source, doc_id, run_id
