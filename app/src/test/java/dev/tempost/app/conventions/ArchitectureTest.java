package dev.tempost.app.conventions;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class ArchitectureTest {

    private static final JavaClasses TEMPOST = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .withImportOption(location -> !location.contains("-tests.jar"))
            .importPackages("dev.tempost");

    @Test
    void theTableKnowsNobody() {
        noClasses()
                .that()
                .resideInAPackage("dev.tempost.outbox..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "dev.tempost.workflows..",
                        "dev.tempost.activities..",
                        "dev.tempost.starter..",
                        "dev.tempost.worker..",
                        "dev.tempost.app..",
                        "io.temporal..",
                        "org.springframework..")
                .because("producers and operators reach the table without Temporal and without Spring")
                .check(TEMPOST);
    }

    @Test
    void workflowsKnowTemporalAndNothingElse() {
        noClasses()
                .that()
                .resideInAPackage("dev.tempost.workflows..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "dev.tempost.loops..",
                        "dev.tempost.outbox..",
                        "dev.tempost.activities..",
                        "dev.tempost.starter..",
                        "dev.tempost.worker..",
                        "dev.tempost.app..",
                        "java.sql..",
                        "java.net..",
                        "java.io..",
                        "org.springframework..")
                .because("a workflow is replayed: whatever it reads from elsewhere may have changed meanwhile")
                .check(TEMPOST);
    }

    @Test
    void loopsKnowNobody() {
        noClasses()
                .that()
                .resideInAPackage("dev.tempost.loops..")
                .should()
                .dependOnClassesThat()
                .resideOutsideOfPackages("dev.tempost.loops..", "java..", "org.slf4j..", "org.jspecify..")
                .because("every role has some")
                .check(TEMPOST);
    }

    @Test
    void starterAndWorkerMeetOnlyInPostgresql() {
        noClasses()
                .that()
                .resideInAPackage("dev.tempost.starter..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("dev.tempost.worker..", "dev.tempost.activities..")
                .because("each role runs alone as well")
                .check(TEMPOST);
        noClasses()
                .that()
                .resideInAPackage("dev.tempost.worker..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("dev.tempost.starter..", "dev.tempost.outbox..")
                .because("each role runs alone as well, and only activities touch the table")
                .check(TEMPOST);
    }

    @Test
    void channelsDoNotKnowEachOther() {
        slices().matching("dev.tempost.channels.(*)..")
                .should()
                .notDependOnEachOther()
                .because("each can be left out")
                .check(TEMPOST);
    }

    @Test
    void onlyTheApplicationKnowsSpring() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.tempost.app..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.springframework..")
                .because("the engine is composed in one place, by whatever composes it")
                .check(TEMPOST);
    }

    @Test
    void sqlLivesInTheOutbox() {
        noClasses()
                .that()
                .resideInAnyPackage(
                        "dev.tempost.workflows..",
                        "dev.tempost.activities..",
                        "dev.tempost.starter..",
                        "dev.tempost.worker..",
                        "dev.tempost.app.engine..",
                        "dev.tempost.app.command..")
                .should()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.sql.PreparedStatement")
                .because("who changes a column looks in one place")
                .check(TEMPOST);
    }

    @Test
    void onlyTheOutboxAndItsBenchmarksRunStatements() {
        noClasses()
                .that()
                .resideOutsideOfPackages("dev.tempost.outbox..", "dev.tempost.demo..")
                .should()
                .dependOnClassesThat()
                .haveFullyQualifiedName("dev.tempost.outbox.database.Database")
                .because("who changes a column looks in one place")
                .check(TEMPOST);
    }

    @Test
    void packagesDoNotGoRoundInCircles() {
        slices().matching("dev.tempost.(**)").should().beFreeOfCycles().check(TEMPOST);
    }
}
