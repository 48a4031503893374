// @ts-check
/* dom.js - building the page. Text only ever enters through textContent, never as markup. */

/** @param {string} tag @param {Record<string, any>} [attributes] `class`, `on` = {event: handler},
 *   everything else an attribute; null, undefined and false leave it out
 * @param {...(Node | string | null | undefined)} children @returns {any} the element */
export function h(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
        if (name === 'on') {
            for (const [event, handler] of Object.entries(value)) {
                element.addEventListener(event, /** @type {any} */ (handler));
            }
        } else setAttribute(element, name, value);
    }
    for (const child of children) if (child !== null && child !== undefined) element.append(child);
    return element;
}

/** @param {Element} element @param {string} name @param {any} value */
export function setAttribute(element, name, value) {
    if (value === null || value === undefined || value === false) element.removeAttribute(name);
    else if (element.getAttribute(name) !== String(value)) {
        element.setAttribute(name, value === true ? '' : String(value));
    }
}

/** Writes only what differs: a screen reader and the layout notice every write.
 * @param {Element} element @param {string} text */
export function setText(element, text) {
    if (element.textContent !== text) element.textContent = text;
}

/** The value of a colour token, "--stale", in the theme that is shown. @param {string} name */
export function token(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** @param {string} id @returns {any} */
export function byId(id) {
    const element = document.getElementById(id);
    if (!element) throw new Error(`the page has no element #${id}`);
    return element;
}

/** @param {Element} parent @param {...Node} children */
export function replace(parent, ...children) {
    parent.replaceChildren(...children);
}

/** A key's name as people know it. @param {string} text */
export function kbd(text) {
    return h('kbd', {}, text);
}

/** Reorders children without ever moving `fixed`: moving an element takes its focus away.
 * @param {Element} parent @param {Element[]} order @param {Element | null} fixed */
export function orderChildren(parent, order, fixed) {
    const at = fixed ? order.indexOf(fixed) : -1;
    for (const [i, element] of order.entries()) {
        if (i < at) parent.insertBefore(element, fixed);
        else if (i > at) parent.append(element);
    }
}
