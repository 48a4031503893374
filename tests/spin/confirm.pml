/* confirm.pml - worklist/confirm.c: three people decide on one value; each acts on the version and
 * the digest that were on the screen; the machine may recompute the value meanwhile.
 *
 * Holds: of those who saw the same version at most one is heard; nobody's act stands for another
 * value than the one that was shown; every act is one row of the audit. */
#define PEOPLE 3
#define ACTS 2

byte version, value; /* in the database */
byte audit;          /* rows */
byte winners[10];    /* of each version */

proctype person() {
    byte seen_version, seen_value, acts = 0;
end:
    do
    :: acts < ACTS ->
        acts++;
        atomic { seen_version = version; seen_value = value } /* the screen */
#ifdef PLANTED
        ;
        version == seen_version -> /* looked, and then */
        atomic {
#else
        ;
        atomic {
            if
            :: version == seen_version && value == seen_value ->
#endif
                winners[seen_version]++;
                assert(winners[seen_version] == 1);
                assert(value == seen_value);
                version++;
                audit++
#ifndef PLANTED
            :: else -> skip /* told who was first */
            fi
#endif
        };
        assert(audit == version)
    :: else -> break
    od
}

active proctype machine() {
    byte i = 0;
    do
    :: i < PEOPLE -> run person(); i++
    :: else -> break
    od;
    atomic { value = 1; version++; audit++; winners[version - 1]++ } /* a new value is a version too */
}
