package io.pvmjit.link;

import io.pvmjit.PvmException;
import java.util.List;

/** A program that cannot be linked or compiled. The message has a line for each problem, with function and line. */
public final class LinkException extends PvmException {
    private static final long serialVersionUID = 1L;
    private static final int SHOWN = 20;

    /** One problem. */
    public LinkException(String problem) {
        super(problem);
    }

    /** Several problems, of which the first are shown. */
    LinkException(List<String> problems) {
        super(String.join("\n", problems.subList(0, Math.min(SHOWN, problems.size())))
                + (problems.size() > SHOWN ? "\nand " + (problems.size() - SHOWN) + " more" : ""));
    }
}
