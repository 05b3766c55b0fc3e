import FoundationEssentials

/// The SQL of a service's job table. `SQL/job_run.sql` is the text to copy into a migration; here it is for tests.
package enum JobSchema {
    package static func jobRun(of service: String) -> String {
        String(decoding: PackageResources.job_run_sql, as: UTF8.self).replacing("SERVICE", with: service)
    }
}
