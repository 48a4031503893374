// @ts-check
/* types.js - the shapes of API.md, for the editor's type checker. Nothing runs here. */

/** @typedef {{channel: number, site: string, label: string, unit: string,
 *   rate_hz: number}} Channel */

/** @typedef {object} Room
 * @property {number} room
 * @property {number} stream
 * @property {number} epoch
 * @property {number} case 0 without one
 * @property {number | null} study
 * @property {'live' | 'replay' | 'simulated'} origin
 * @property {number} speed_percent
 * @property {string} name
 * @property {number} base_rate_hz
 * @property {Channel[]} channels
 * @property {string | null} last_event_at
 * @property {string} [mode] silent, assistive or integrated
 * @property {boolean} [heard] false: configured, its feed never connected
 * @property {number} [wanted_case] what people opened; differs until hemod has the command
 * @property {{what: string, at: string}[]} [pending] commands that hemod does not hold yet
 */

/** @typedef {{channel: number, kind: string, value: string, by: string, at: string}} Mark */

/** @typedef {object} Study
 * @property {number} study
 * @property {number} position from 1
 * @property {'critical' | 'urgent' | 'routine'} tier
 * @property {boolean} pinned
 * @property {string} patient_name
 * @property {string} patient_id
 * @property {string} accession
 * @property {string} study_uid
 * @property {string} description
 * @property {'waiting' | 'in_lab' | 'done'} status
 * @property {number | null} room
 * @property {number | null} case
 * @property {string} arrived_at
 * @property {string | null} read_by
 * @property {string} reason
 * @property {string | null} next_rule
 * @property {string | null} changed_at
 * @property {number | null} from_position
 * @property {string | null} acknowledged_by
 * @property {string | null} acknowledged_at
 * @property {boolean} [held]
 * @property {'critical' | 'urgent' | 'routine' | null} [manual_tier]
 * @property {string | null} [manual_by]
 * @property {string | null} [manual_why]
 * @property {string} [mode] silent, assistive or integrated
 * @property {{tier: 'critical' | 'urgent' | 'routine', position: number, reason: string}
 *   | null} [would] where the order stays: what the findings would do
 */

/** @typedef {{at: string, from_position: number | null, to_position: number, from_tier: string,
 *   to_tier: string, reason: string, event: string | null, by: string | null}} Move */

/** @typedef {{quantity: string, words?: string, value: number | null, unit?: string,
 *   decimals?: number, spread?: number}} Value */

/** @typedef {'suggested' | 'accepted' | 'adjusted' | 'rejected'} MeasurementState */

/** @typedef {object} Measurement
 * @property {string} id
 * @property {number} case
 * @property {number} room
 * @property {string} site
 * @property {string} phase
 * @property {Value[]} values those in force
 * @property {Value[]} machine_values those that the machine found, forever
 * @property {{tick: number, n: number}[]} beats
 * @property {{tick: number, reason: string}[]} left_out
 * @property {string | null} from_at
 * @property {string | null} to_at
 * @property {number} quality 0..1
 * @property {string} method
 * @property {number | string} rule_version
 * @property {string} at
 * @property {MeasurementState} state
 * @property {number} version
 * @property {string} digest
 * @property {string | null} by
 * @property {string | null} decided_at
 * @property {string | null} [verified_by]
 * @property {string | null} [verified_at]
 * @property {string | null} reason
 */

/** @typedef {{channel: number, site: string, first_tick: number, ticks_per_sample: number,
 *   scale: number, offset: number, samples: (number | null)[]}} StripChannel */

/** A beat that was found, with its own values.
 * @typedef {{tick: number, values: Record<string, number>}} Pulse */

/** @typedef {{base_rate_hz: number, channels: StripChannel[], beats: number[],
 *   pulses: Pulse[]}} Strip */

/** @typedef {{user: string, role: string, mode: string, version: string,
 *   server_time: string}} Me */

/** What the worker says ten times a second about the room that is shown.
 * @typedef {object} FeedStatus
 * @property {number} room
 * @property {number} epoch
 * @property {number} case
 * @property {number} newest_tick one past the newest sample that arrived; -1 before the first
 * @property {number} head_tick one past the newest sample that was drawn
 * @property {number | null} idle_ms since the newest sample arrived
 * @property {number | null} delay_ms how old the newest drawn sample is
 * @property {number | null} newest_at_ms UTC of the newest sample
 * @property {number} clock_off_ms the server's clock minus this one's
 * @property {Record<number, number>} lane_idle_ms by channel: since its own newest sample arrived
 */

/** One lane as the painter sees it: device-independent pixels, physical units.
 * @typedef {{channel: number, top: number, height: number, low: number, high: number,
 *   colour: string}} Lane */

export {};
