# verdict.sh - after the faults: all comes to rest, then every account must be even. Sourced by run.

for pid in "${feeders[@]}"; do wait "$pid"; done
committed() { [ -n "$(metric 3 hemod_journal_events)" ] && [ "$(metric 3 hemod_journal_events)" = "$(metric 11 hemo_worklist_position)" ]; }
bad=0
fail() { echo "FAILED: $*"; bad=1; }
rest=$(within 60 committed) || fail "not all events were committed within 60 s: $(metric 3 hemod_journal_events) and $(metric 11 hemo_worklist_position)"
received=$(metric 3 hemod_samples_received) used=$(metric 3 hemod_samples_used)
refused=$(metric 3 hemod_samples_refused) gap=$(metric 3 hemod_samples_gap)
[ "$received" = $((used + refused + gap)) ] || fail "received $received is not used $used + refused $refused + gap $gap"
[ "$(sql 'select count(*) from quarantine')" = 0 ] || fail "rows in quarantine"
[ "$(sql 'select count(*) from command where acked_at is null')" = 0 ] || fail "commands that hemod never acknowledged"
sql "select line from (select position, format('E %s %s %s', position, encode(id, 'hex'), case_number) as line from event
    union all select position, format('B %s %s %s', position, epoch, case_number) from epoch) all_rows order by position" >"$state/rows"
sql "select c.number, substring(s.description from 'run (.*)') from lab_case c join study s on s.id = c.study" >"$state/case_rows"
tr '|' ' ' <"$state/case_rows" >"$state/cases"
cat "$state"/runs/* >"$state/runs_whole"
rm -f "$state/alive"
for name in worklistd hemod; do
    harm TERM $name
    within 10 sh -c "[ \"\$(cat '$state/pid/$name')\" = 0 ]" >/dev/null || fail "$name does not end"
done
chaos_journal "$journal" "$state/runs_whole" "$state/cases" "$state/rows" >"$state/journal_says" 2>&1 || fail "the journal"
cat "$state/journal_says"
ends() { grep -cE "^$1 $2$" "$state/ends"; }
for name in hemod worklistd; do
    others=$(grep -E "^$name " "$state/ends" | grep -cvE ' (0|137)$')
    [ "$name" = hemod ] && others=$((others - $(ends hemod 134)))
    [ "$others" = 0 ] || fail "$name ended by itself: $(grep "^$name " "$state/ends" | sort | uniq -c | tr -s ' \n' ' ')"
done
grep UNEXPECTED "$state/notes" && bad=1
aborts=$(ends hemod 134)
syncs_failed=$(grep -c 'journal: .*stopping; restart recovers' "$state/log/hemod")
[ "$aborts" = "$syncs_failed" ] || fail "hemod stopped $aborts times, $syncs_failed of them for the disk"
slow_ones=$(cd "$state" && for file in slowest.*; do [ -f "$file" ] && printf '%s %s, ' "${file#slowest.}" "$(cat "$file")"; done)
echo "$done_faults faults in $((($(ms) - began_ms) / 1000)) s, $(ls "$state/runs" | wc -l) runs to their end, $(cat "$state/feeds_killed" 2>/dev/null | wc -l) feeds killed; slowest: ${slow_ones}all committed after ${rest:-never} ms"
for fault in "${!did[@]}"; do echo "${did[$fault]} $fault"; done | sort -rn | tr '\n' ',' | sed 's/,/, /g; s/, $/\n/'
if [ $bad = 0 ]; then echo "ok (seed $seed): nothing lost, doubled or mixed"; exit 0; fi
[ -n "${CHAOS_KEEP:-}" ] && keep=1
echo "FAILED with seed $seed"
exit 6
