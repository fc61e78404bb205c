package dev.tempost.app.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.logging.Level;
import org.junit.jupiter.api.Assumptions;
import org.openqa.selenium.By;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/** The machine's own Chromium, without a window. */
final class Browser implements AutoCloseable {

    private static final Path CHROMIUM = Path.of("/usr/bin/chromium");
    private static final Path DRIVER = Path.of("/usr/bin/chromedriver");
    private static final boolean REQUIRED = System.getenv("TEMPOST_REQUIRE_CHROMIUM") != null;
    private static final List<String> WCAG = List.of("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa");

    private final ChromeDriver driver;

    private Browser(ChromeDriver driver) {
        this.driver = driver;
    }

    /** Skips the test where there is none, unless {@code TEMPOST_REQUIRE_CHROMIUM} is set. */
    static Browser open() {
        boolean there = Files.isExecutable(CHROMIUM) && Files.isExecutable(DRIVER);
        Assumptions.assumeTrue(there || REQUIRED, "Chromium and its driver: apt-get install chromium chromium-driver");
        ChromeOptions options = new ChromeOptions();
        options.setBinary(CHROMIUM.toFile());
        options.addArguments("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage");
        LoggingPreferences logs = new LoggingPreferences();
        logs.enable(LogType.BROWSER, Level.ALL);
        options.setCapability(ChromeOptions.LOGGING_PREFS, logs);
        ChromeDriverService service = new ChromeDriverService.Builder()
                .usingDriverExecutable(DRIVER.toFile())
                .usingAnyFreePort()
                .build();
        Browser browser = new Browser(new ChromeDriver(service, options));
        browser.driver.manage().timeouts().implicitlyWait(Duration.ofSeconds(10));
        return browser;
    }

    /** A window of that size in CSS pixels, on a light or a dark screen. */
    void screen(int width, int height, boolean dark) {
        driver.executeCdpCommand(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
        driver.executeCdpCommand(
                "Emulation.setEmulatedMedia",
                Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", dark ? "dark" : "light"))));
    }

    void go(String url) {
        driver.get(url);
    }

    String path() {
        return Objects.requireNonNull(driver.getCurrentUrl()).replaceFirst("^https?://[^/]+", "");
    }

    /** The first element that is there, or appears. */
    WebElement find(String css) {
        return driver.findElement(By.cssSelector(css));
    }

    WebElement button(String text) {
        return driver.findElement(By.xpath("//*[self::a or self::button][normalize-space()='" + text + "']"));
    }

    /** What an element says, which may be replaced at any moment. */
    String read(String css, String property) {
        return String.valueOf(
                driver.executeScript("return document.querySelector(arguments[0])[arguments[1]]", css, property));
    }

    void fill(String css, String text) {
        WebElement field = find(css);
        field.clear();
        field.sendKeys(text);
    }

    String text() {
        return find("body").getText();
    }

    void refresh() {
        driver.navigate().refresh();
    }

    boolean isWiderThanItsWindow() {
        return Boolean.TRUE.equals(driver.executeScript(
                "return document.documentElement.scrollWidth > document.documentElement.clientWidth"));
    }

    /** What axe-core finds against WCAG 2.0 to 2.2, A and AA: for each rule where. */
    @SuppressWarnings("unchecked")
    List<String> violations() {
        // by the driver, not by the page, whose policy allows no script but its own
        driver.executeScript(axe());
        return (List<String>) Objects.requireNonNull(driver.executeAsyncScript(
                "const done = arguments[arguments.length - 1];"
                        + "axe.run(document, {runOnly: arguments[0]}).then(found => done(found.violations.map("
                        + "v => v.id + ': ' + v.nodes.map(n => n.target + ' ' + n.failureSummary).join('; '))))",
                WCAG));
    }

    private static String axe() {
        try (InputStream script = Browser.class.getResourceAsStream("/axe.min.js")) {
            return new String(Objects.requireNonNull(script).readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Nothing was refused by the page's policy, not found, or thrown. */
    void assertNoComplaint() {
        assertThat(driver.manage().logs().get(LogType.BROWSER).getAll().stream()
                        .filter(entry -> entry.getLevel().intValue() >= Level.WARNING.intValue())
                        .map(Object::toString))
                .as("what the browser complains about")
                .isEmpty();
    }

    /** For whoever wants to look, in {@code target/console}. */
    void picture(String name) {
        try {
            Path folder = Files.createDirectories(Path.of("target", "console"));
            Files.write(folder.resolve(name + ".png"), driver.getScreenshotAs(OutputType.BYTES));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        driver.quit();
    }
}
