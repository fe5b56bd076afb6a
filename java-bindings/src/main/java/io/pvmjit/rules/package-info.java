/**
 * What differs between revisions of the Gray Paper, as data: one row of {@link io.pvmjit.rules.Rules} a revision, with
 * the octets of opcodes, the numbers of host calls and their costs. Values only; nothing here runs anything.
 */
package io.pvmjit.rules;
