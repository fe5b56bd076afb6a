/** What a program is made of: blocks, machine code, gas and where it comes from; as a page and as text. */
package io.pvmjit.explore;
