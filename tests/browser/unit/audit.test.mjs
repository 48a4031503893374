import assert from 'node:assert/strict';
import { test } from 'node:test';
import { auditText } from '../../../worklist/web/js/views/audit.js';

test('hashes are shortened, values become words, all else stays', () => {
    const hash = '46031f03a7d3a9d2'.repeat(4);
    assert.equal(auditText(`version 1 digest ${hash}`), 'version 1 digest 46031f03…');
    const values = JSON.stringify([{ quantity: 'systolic', value: 121.34, decimals: 0 }]);
    assert.equal(auditText(`accepted ${values}`), 'accepted sys 121');
    assert.equal(auditText(`adjusted ${values} reason: by hand`), 'adjusted sys 121 reason: by hand');
    assert.equal(auditText('accepted [{broken'), 'accepted [{broken');
    assert.equal(auditText('channel 1 wedge on'), 'channel 1 wedge on');
});
