-- Every current statement of an account that states anything: whose, which account, from when to when, the balances and
-- the number of entries with an amount. `doubtful` lists the fields some of whose values are hints.
select uri, kind,
       arg_min(normalised, ordinal) filter (where name = 'account_holder') as holder,
       list(normalised order by ordinal) filter (where name = 'account') as accounts,
       try_cast(arg_min(normalised, ordinal) filter (where name = 'period_start') as date) as period_start,
       try_cast(arg_min(normalised, ordinal) filter (where name = 'period_end') as date) as period_end,
       try_cast(arg_min(normalised, ordinal) filter (where name = 'opening_balance') as decimal(20, 3)) as opening_balance,
       try_cast(arg_min(normalised, ordinal) filter (where name = 'closing_balance') as decimal(20, 3)) as closing_balance,
       arg_min(currency, ordinal) filter (where name in ('opening_balance', 'closing_balance')) as currency,
       count(*) filter (where name = 'entry_amount') as entries,
       list_sort(list(distinct name) filter (where abstained)) as doubtful,
       document_date, document_date_source, doc_id, run_id
from facts_chosen
where domain = 'financial' and kind in ('bank_statement', 'electronic_statement')
group by uri, kind, document_date, document_date_source, doc_id, run_id
