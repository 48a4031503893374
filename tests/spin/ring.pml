/* ring.pml - ingest/ring.c: one producer, one consumer, indices that run on, each side's own copy
 * of the other's index, publishing and releasing one item or several at once.
 *
 * Holds: items are read as written, in order, and stay as they are until they are released. Spin
 * assumes that memory is sequentially consistent; the thread sanitizer sees the rest. */
#define CAPACITY 4
#define ITEMS 10
#ifdef PLANTED
#define FREE(index, cache) (index - cache <= CAPACITY) /* one too many */
#else
#define FREE(index, cache) (index - cache < CAPACITY)
#endif

byte slots[CAPACITY];
byte written, released;

active proctype producer() {
    byte index = 0, released_cache = 0, item = 1;
    do
    :: item <= ITEMS ->
        if
        :: !FREE(index, released_cache) -> released_cache = released
        :: else -> skip
        fi;
        if
        :: FREE(index, released_cache) ->
            slots[index % CAPACITY] = item;
            index++;
            item++;
            if
            :: written = index /* alone, */
            :: item <= ITEMS   /* or with the next one */
            fi
        :: else -> written = index /* full: what is there is published, then again */
        fi
    :: else -> break
    od;
    written = index
}

active proctype consumer() {
    byte index = 0, written_cache = 0, expected = 1, held = 0;
    do
    :: expected <= ITEMS ->
        if
        :: index == written_cache -> written_cache = written
        :: else -> skip
        fi;
        if
        :: index != written_cache ->
            assert(slots[index % CAPACITY] == expected);
            index++;
            expected++;
            held++
        :: else -> skip
        fi;
        if
        :: held > 0 -> /* the pointers that were given are still good */
            assert(slots[(index - held) % CAPACITY] == expected - held);
            assert(slots[(index - 1) % CAPACITY] == expected - 1);
            released = index;
            held = 0
        :: held < CAPACITY -> skip
        fi
    :: else -> break
    od
}
