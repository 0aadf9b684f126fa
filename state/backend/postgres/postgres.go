// Package postgres keeps state in a PostgreSQL table, a row for every document.
//
// The server is reached as libpq reaches it: the connection string, the PG* variables, ~/.pgpass and ~/.pg_service.conf.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gantry-power/gantry/state/backend"
)

// Config is what the state block says.
type Config struct {
	Conn   string // connection string or address, without a password; empty: the PG* variables
	Table  string // default gantry_state; schema.table is possible
	Estate string // what distinguishes the estates of one table
}

type engine struct {
	pool   *pgxpool.Pool
	table  string
	estate string
	where  string
}

// Open connects, and makes the table if it is not there.
func Open(ctx context.Context, c Config) (backend.Engine, error) {
	cfg, err := pgxpool.ParseConfig(c.Conn)
	if err != nil {
		return nil, fmt.Errorf("the address of the PostgreSQL server: %w", err)
	}
	if cfg.ConnConfig.ConnectTimeout == 0 {
		cfg.ConnConfig.ConnectTimeout = 5 * time.Second
	}
	cfg.MaxConns, cfg.MinConns = 3, 0
	cfg.ConnConfig.RuntimeParams["application_name"] = "gantry"
	// A client that stands still in a transaction holds the row of the lock, and nobody could take it over.
	cfg.ConnConfig.RuntimeParams["idle_in_transaction_session_timeout"] = "10s"
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if c.Table == "" {
		c.Table = "gantry_state"
	}
	e := &engine{pool: pool, table: pgx.Identifier(strings.Split(c.Table, ".")).Sanitize(), estate: c.Estate,
		where: fmt.Sprintf("postgres %s/%s table %s estate %s", net.JoinHostPort(cfg.ConnConfig.Host, strconv.Itoa(int(cfg.ConnConfig.Port))), cfg.ConnConfig.Database, c.Table, c.Estate)}
	if _, err := pool.Exec(ctx, "SELECT 1 FROM "+e.table+" LIMIT 0"); err != nil && !noTable(err) {
		pool.Close()
		return nil, fmt.Errorf("%s: %s", e.where, once(err.Error()))
	}
	return e, nil
}

// once is a message of several lines in one, where each line that is said for each try, with and without TLS, is said once.
func once(text string) string {
	var out []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !slices.Contains(out, line) {
			out = append(out, line)
		}
	}
	return strings.Join(out, " ")
}

// noTable: the first write makes the table. Who only reads leaves nothing behind.
func noTable(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "42P01"
}

func (e *engine) create(ctx context.Context) error {
	_, err := e.pool.Exec(ctx, "CREATE TABLE IF NOT EXISTS "+e.table+` (
		estate text NOT NULL, name text NOT NULL, version bigint GENERATED ALWAYS AS IDENTITY, written timestamptz NOT NULL DEFAULT now(), body bytea NOT NULL,
		PRIMARY KEY (estate, name))`)
	var pg *pgconn.PgError
	if errors.As(err, &pg) && (pg.Code == "23505" || pg.Code == "42P07") {
		err = nil // two made it at once
	}
	return told(err)
}

func (e *engine) Location() string { return e.where }

func (e *engine) Close() error {
	e.pool.Close()
	return nil
}

// told makes an error final that no other attempt mends.
func told(err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		switch pg.Code[:2] {
		case "08", "40", "53", "57": // connection, serialization, resources, shutdown
			return err
		}
		return &backend.Final{Err: err}
	}
	return err
}

func (e *engine) Get(ctx context.Context, name string) (*backend.Document, error) {
	d := backend.Document{Name: name}
	var v int64
	err := e.pool.QueryRow(ctx, "SELECT version, body FROM "+e.table+" WHERE estate = $1 AND name = $2", e.estate, name).Scan(&v, &d.Body)
	if errors.Is(err, pgx.ErrNoRows) || noTable(err) {
		return nil, nil
	}
	if err != nil {
		return nil, told(err)
	}
	d.Version = strconv.FormatInt(v, 10)
	return &d, nil
}

// next is a version that no row has had; the sequence of the identity column outlives deleted rows.
const next = "version = DEFAULT, written = now(), body = "

func (e *engine) Put(ctx context.Context, name string, body []byte, c backend.Condition) (string, error) {
	v, err := e.put(ctx, name, body, c)
	if noTable(err) {
		if err := e.create(ctx); err != nil {
			return "", err
		}
		v, err = e.put(ctx, name, body, c)
	}
	return v, err
}

func (e *engine) put(ctx context.Context, name string, body []byte, c backend.Condition) (string, error) {
	var v int64
	err := pgx.BeginFunc(ctx, e.pool, func(tx pgx.Tx) error {
		if c.Guard != nil {
			var held int64
			err := tx.QueryRow(ctx, "SELECT version FROM "+e.table+" WHERE estate = $1 AND name = $2 FOR SHARE", e.estate, c.Guard.Name).Scan(&held)
			if errors.Is(err, pgx.ErrNoRows) || err == nil && strconv.FormatInt(held, 10) != c.Guard.Version {
				return backend.ErrConflict
			}
			if err != nil {
				return err
			}
		}
		var row pgx.Row
		switch {
		case c.Absent:
			row = tx.QueryRow(ctx, "INSERT INTO "+e.table+" (estate, name, body) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING version", e.estate, name, body)
		case c.Version != "":
			row = tx.QueryRow(ctx, "UPDATE "+e.table+" SET "+next+"$3 WHERE estate = $1 AND name = $2 AND version = $4::bigint RETURNING version", e.estate, name, body, c.Version)
		default:
			row = tx.QueryRow(ctx, "INSERT INTO "+e.table+" (estate, name, body) VALUES ($1, $2, $3) ON CONFLICT (estate, name) DO UPDATE SET "+next+"excluded.body RETURNING version", e.estate, name, body)
		}
		err := row.Scan(&v)
		if errors.Is(err, pgx.ErrNoRows) {
			return backend.ErrConflict
		}
		return err
	})
	if err != nil {
		return "", told(err)
	}
	return strconv.FormatInt(v, 10), nil
}

func (e *engine) Delete(ctx context.Context, version string, names ...string) error {
	if version == "" {
		_, err := e.pool.Exec(ctx, "DELETE FROM "+e.table+" WHERE estate = $1 AND name = ANY($2)", e.estate, names)
		return told(err)
	}
	tag, err := e.pool.Exec(ctx, "DELETE FROM "+e.table+" WHERE estate = $1 AND name = $2 AND version = $3::bigint", e.estate, names[0], version)
	if err == nil && tag.RowsAffected() == 0 {
		return backend.ErrConflict
	}
	return told(err)
}

func (e *engine) Names(ctx context.Context, prefix string) ([]string, error) {
	rows, err := e.pool.Query(ctx, "SELECT name FROM "+e.table+` WHERE estate = $1 AND starts_with(name, $2) ORDER BY name COLLATE "C"`, e.estate, prefix)
	if noTable(err) {
		return nil, nil
	}
	if err != nil {
		return nil, told(err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if noTable(err) {
		return nil, nil
	}
	return out, told(err)
}

func (e *engine) Scan(ctx context.Context, prefix, after string) ([]backend.Document, error) {
	rows, err := e.pool.Query(ctx, "SELECT name, body, version FROM "+e.table+` WHERE estate = $1 AND starts_with(name, $2) AND name > $3 COLLATE "C" ORDER BY name COLLATE "C"`, e.estate, prefix, after)
	if noTable(err) {
		return nil, nil
	}
	if err != nil {
		return nil, told(err)
	}
	out, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (backend.Document, error) {
		var d backend.Document
		var v int64
		err := r.Scan(&d.Name, &d.Body, &v)
		d.Version = strconv.FormatInt(v, 10)
		return d, err
	})
	if noTable(err) {
		return nil, nil
	}
	return out, told(err)
}
