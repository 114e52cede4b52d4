// What --help teaches, beyond the list of flags.
#pragma once

#include <string_view>

namespace millrace {

inline constexpr std::string_view kProgramHelp =
    "millrace turns live Kafka topics of clicks, purchases and ratings into fresh recommendations: it keeps features "
    "in a\n"
    "local store, trains a model on every event, and publishes each touched user's new list back to Kafka.";

inline constexpr std::string_view kProgramFooter = R"(
To begin:
  millrace print-config > my.toml            every setting with its default; millrace.toml explains them
  millrace check-config my.toml              before you start it
  millrace run --config my.toml              until SIGTERM
  millrace inspect user 17850 -c my.toml     what it knows, and the list it made
  millrace backup /backups -c my.toml        a copy of its state, while it runs; restore puts it back

"millrace COMMAND --help" has more. Logs go to stderr as logfmt.

Exit codes:
  0  done                       4  records were lost between the state and the topic
  1  any other failure          5  another process uses the state directory
  2  usage or configuration     6  the Kafka client gave up
  3  the state is damaged       7  the disk is full
                                8  the state directory cannot be written)";

inline constexpr std::string_view kRunHelp = R"(
SIGTERM or SIGINT: the step at hand is finished, its lists are published, offsets are committed. A second one ends at once, which
is safe too: nothing that was committed is lost, and what was not published is published after the next start.

While it runs: http://127.0.0.1:9464/metrics, /livez and /readyz.

Examples:
  millrace run --config /etc/millrace/millrace.toml
  millrace run --set kafka.bootstrap_servers=broker:9092 --set service.state_directory=/var/lib/millrace)";

inline constexpr std::string_view kReplayHelp = R"(
Feeds a file through the very step of the service, without a broker, into service.state_directory, which must be empty. Then look at
it with "millrace inspect", or start the service on it: history first, the live topics afterwards.

Examples:
  millrace replay history.jsonl --set service.state_directory=/tmp/state
  millrace replay ratings.csv --user userId --item movieId --value rating --time timestamp --time-unit s --default-kind rating)";

inline constexpr std::string_view kEvaluateHelp = R"(
Runs the very step of the service over the events in time order, in memory: what is predicted is predicted from what happened strictly
before it, then learnt. Prints, as served and by learner, recall, MRR, NDCG, precision, F1 and hit rate at several lengths with standard
errors (clustered by user or session), MAE and RMSE of ratings, and of the lists coverage, novelty, diversity, Gini, AUC and
calibration. Ties count against us.

Protocols:
  prequential      every event is predicted, then learnt (lists that leave out what was seen: its first touch alone)
  continual        next item in sessions, period by period; the mean over the periods after the first counts
  basket           what a user buys at once (--session, else at one time), whole, from baskets that ended before it
  ratings          the value of each rating
  leave-last-out   each user's last event, from everybody's others: a model trained once

Examples:
  millrace evaluate clicks.csv --user session --item item --time ts --time-unit s
  millrace evaluate shop.jsonl --skip 0.2 --at 10,20 --json report.json --plots plots
  millrace evaluate orders.csv --protocol basket --session order_id --at 20
  millrace evaluate clicks.tsv --protocol continual --period 7d --sync period,10,100,event   what freshness buys
  millrace evaluate --state /var/lib/millrace -c my.toml     what the service learnt, from nothing
  millrace evaluate --topic clicks -c my.toml --from 2024-05-01 --to 2024-05-08
  millrace evaluate events.tsv --shuffle-control             chance, and whether anything leaks
  millrace evaluate events.tsv --set model.encoder.dimension=64)";

inline constexpr std::string_view kTuneHelp = R"(
Successive halving: all candidates on a little of the stream's first part, the best of them on more, the last on all of it. Each is
evaluated as "millrace evaluate" would, from nothing. The configuration as it is goes along, and stays where nothing is better. What
was not tuned on is left to tell the truth: evaluate the result on it with --skip.

The space names settings, and what each may be:
  model.encoder.dimension = [64, 100, 150]
  model.ranker.rate = { min = 0.001, max = 0.03, scale = "log" }

Examples:
  millrace tune clicks.csv --space space.toml --metric mrr@20 --at 20 --out tuned.toml
  millrace evaluate clicks.csv --at 20 --skip 0.2 -c tuned.toml)";

inline constexpr std::string_view kYardstickHelp = R"(
  A  DIGINETICA, continual next item     D  MovieLens 100k, ratings
  B  Deskdrop, news                      E  MovieLens 100k, top ten
  C  Online Retail, baskets              G  RSC15-100k, next click

A period is A's and B's week, G's test, and of the others the whole stream.

"./dev yardstick LETTER" builds, unpacks the data and calls this.

Examples:
  millrace yardstick A --data ~/data --sync event
  millrace yardstick G --data ~/data --sync period,10,100,event --plots plots     the staleness curve
  millrace yardstick C --data ~/data --seed 2 --json c.json)";

inline constexpr std::string_view kInspectHelp = R"(
Reads the state directory beside a running service and changes nothing. It shows what the last committed step left: features, history
and newest list of a user, with titles and reasons; counters, windows and neighbours of an item.

Examples:
  millrace inspect user 17850
  millrace inspect item 85123A --set service.state_directory=/var/lib/millrace)";

inline constexpr std::string_view kVerifyHelp = R"(
Reads everything in service.state_directory and changes nothing: the checksums of every file, every row of every table, and what the
tables say of each other. Prints a line for each with what it found. No service may run on the directory (take a backup of a running
one, restore it elsewhere and verify that).

With --brokers the offsets are held against the topics and the consumer group, too: what the next start would read again, and
whether the topics still hold it.

Exit codes: 0 all is well; 3 something is damaged; 4 the topics no longer hold what comes next; 5 a service runs on it.

Examples:
  millrace verify -c my.toml
  millrace verify -c my.toml --brokers
  millrace verify --set service.state_directory=/restored)";

inline constexpr std::string_view kBackupHelp = R"(
A backup is the state at one commit, with a checksum of every file. Backups in one folder share what they have in common, so a later
one copies only what is new. A running service is asked over the socket "control" in its state directory and goes on working
meanwhile; so the folder is one that the service can write. Where no service runs this command takes the backup itself.

The backup has the offsets of its moment: after a restore the service reads from the topics what came since, so the topics'
retention must reach back to the backup.

Examples:
  millrace backup /backups -c my.toml --keep 7       for instance every hour by cron
  millrace backup /backups --list)";

inline constexpr std::string_view kRestoreHelp = R"(
Verifies the backup's checksums, copies it beside what is in service.state_directory, and puts it in its place when it is whole.
A directory that is not empty is refused unless --replace is given; one that a service uses always is.

The next start reads from the topics what came since the backup, and every list gets a higher version than any published before.

Examples:
  millrace restore /backups -c my.toml
  millrace restore /backups --id 3 --replace -c my.toml)";

}  // namespace millrace
