-- Between a person's closing of a case and the moment when hemod has that command, the room records on under the old
-- case, perhaps already of the next patient. What was measured and came behind the closing belongs to nobody: it stays on
-- record, is not given out, and can be neither accepted nor adjusted. Both times must lie behind: a feed that catches up
-- brings what is older, a replay's clock runs ahead.

create function behind_closing(in_case bigint, in_at timestamptz, in_received timestamptz) returns boolean
language sql stable as $$
    select exists (select from lab_case c where c.number = in_case and c.number > 0
        and c.closed_at < in_at and c.closed_at < in_received)
$$;

create function no_decision_behind_closing() returns trigger language plpgsql as $$
begin
    if new.state in ('accepted', 'adjusted') and behind_closing(new.case_number, new.to_at, new.received_at) then
        raise exception 'measured behind the closing of its case';
    end if;
    return new;
end $$;
create trigger no_decision_behind_closing before update on measurement
    for each row execute function no_decision_behind_closing();
