/* all.mjs - every check, in the order of the screens. */
import { checks as whole_case } from './checks_case.mjs';
import { checks as confirm } from './checks_confirm.mjs';
import { checks as feed } from './checks_feed.mjs';
import { checks as keys } from './checks_keys.mjs';
import { checks as look } from './checks_look.mjs';
import { checks as states } from './checks_states.mjs';
import { checks as trust } from './checks_trust.mjs';
import { checks as worklist } from './checks_worklist.mjs';

export const all = [
    ...confirm, ...worklist, ...feed, ...states, ...keys, ...whole_case, ...trust, ...look,
];
