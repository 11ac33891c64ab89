/** What `\?` shows. */
export const HELP = `Statements end with ; and may have several lines. Ctrl-C cancels one, Ctrl-D leaves.

  \\q                 leave
  \\?  \\h [WORDS]     this help, help on SQL: \\h alter table
  \\g  \\gx            run what is typed, without a ; (\\gx: a line for each value)
  \\p  \\r             show, or forget, what is typed
  \\i FILE            run a file (\\ir: from the folder of the file it stands in)
  \\echo WORDS        print the words
  \\x [on|off|auto]   a line for each value; auto: where a table is too wide
  \\pset null WORDS   what a null is shown as
  \\timing [on|off]   tell how long each statement takes
  \\c [DATABASE]      go to another database of the server, or connect anew
  \\conninfo          where the shell is connected to

What is there (NAME may have * and ?; + shows more, S also what is the system's own):
  \\d [NAME]          tables, views and sequences; or all about one
  \\dt  \\dv  \\dm      tables, views, materialized views
  \\di  \\ds  \\dn      indexes, sequences, schemas
  \\df  \\sf NAME      functions, the text of one (\\sv: of a view)
  \\dT  \\dD  \\dx      types, domains, extensions
  \\du  \\dp  \\ddp     roles, rights, default rights
  \\l                 databases
  and the other \\d… of psql: \\da \\dA \\db \\dc \\dC \\dd \\dF \\dl \\dL \\do \\dO \\dP \\dRp \\dRs \\dX \\dy …

Tab completes names and words; Ctrl-R searches what was typed before.
`
