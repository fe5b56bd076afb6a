/** What users hand in: files, numbers, assembly text, and what is said when it is wrong. */
package io.pvmjit.input;
