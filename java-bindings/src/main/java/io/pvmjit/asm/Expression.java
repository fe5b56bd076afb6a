package io.pvmjit.asm;

import java.util.ArrayList;
import java.util.List;

/**
 * A sum of numbers and names, in 64 bits that wrap.
 *
 * @param constant the numbers
 * @param terms the names
 */
record Expression(long constant, List<Term> terms, int line, int column) {
    private static final String ADVICE =
            "write a number, a constant, the label of data, or @ and a label of the jump table";

    /**
     * A name in a sum.
     *
     * @param dynamic whether it is the dynamic jump address of a label, {@code @name}
     */
    record Term(String name, boolean dynamic, boolean negative, int column) {}

    /** Gives names their values. */
    @FunctionalInterface
    interface Names {
        /** Throws an {@link AssemblyException} when the name has no value. */
        long valueOf(Term term, int line);
    }

    static Expression zero(Scanner scanner) {
        return new Expression(0, List.of(), scanner.line(), scanner.column());
    }

    /** Reads a sum; a sign in front is part of it. */
    static Expression read(Scanner scanner) {
        int column = scanner.column();
        long constant = 0;
        var terms = new ArrayList<Term>();
        boolean negative = scanner.take('-');
        if (!negative) {
            scanner.take('+');
        }
        while (true) {
            if (scanner.atNumber()) {
                long number = scanner.number(ADVICE);
                constant += negative ? -number : number;
            } else {
                int termColumn = scanner.column();
                boolean dynamic = scanner.take('@');
                var name = scanner.name(ADVICE);
                if (Registers.number(name) != null) {
                    throw scanner.errorAt(termColumn, "the register '" + name + "' where a number is expected", ADVICE);
                }
                terms.add(new Term(name, dynamic, negative, termColumn));
            }
            if (scanner.take('-')) {
                negative = true;
            } else if (scanner.take('+')) {
                negative = false;
            } else {
                return new Expression(constant, List.copyOf(terms), scanner.line(), column);
            }
        }
    }

    long value(Names names) {
        long sum = constant;
        for (var term : terms) {
            long value = names.valueOf(term, line);
            sum += term.negative ? -value : value;
        }
        return sum;
    }

    /** The name, when the sum is nothing but one name without sign or {@code @}; else null. */
    String onlyName() {
        boolean only = constant == 0 && terms.size() == 1 && !terms.get(0).negative && !terms.get(0).dynamic;
        return only ? terms.get(0).name : null;
    }

    AssemblyException error(String problem, String advice) {
        return new AssemblyException(line, column, problem, advice);
    }
}
