/** What guests may spend, and that whoever reaches a bound does so alone. */
package io.pvmjit.limits;
