package io.pvmjit.bench.report;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Properties;

/** Files that are packed with the reports' classes. */
final class Assets {
    private static final Properties VERSIONS = new Properties();

    static {
        try (InputStream stream = Assets.class.getResourceAsStream("versions.properties")) {
            VERSIONS.load(stream);
        } catch (IOException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private Assets() {}

    /** The version of a library that the build packed. */
    static String version(String library) {
        return VERSIONS.getProperty(library);
    }

    /** The chart library: one script that defines {@code Chart}. */
    static String chartLibrary() {
        return text("/META-INF/resources/webjars/chart.js/" + version("chart.js") + "/dist/chart.umd.min.js");
    }

    /** A file beside this class, or anywhere on the class path with a slash in front. */
    static String text(String name) {
        try (InputStream stream = Assets.class.getResourceAsStream(name)) {
            if (stream == null) {
                throw new AssertionError("the build packs " + name);
            }
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new AssertionError("the build packs " + name, e);
        }
    }
}
